# Server errors: a check of the API fuzzing. A 5xx is right only where the operation documents it, and 500 never is.

import schemathesis


@schemathesis.check
def only_documented_server_errors(ctx, response, case):
    if response.status_code < 500:
        return
    documented = case.operation.definition.raw.get("x-server-errors", [])
    if response.status_code not in documented:
        raise AssertionError(f"{response.status_code} is not documented for this operation")
