// Stop words: the English words that say nothing about a text's subject.

export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about above after again against all almost also although always am among an and any are as at away be became ' +
    'because been before being below between both but by came can cannot could did do does doing done down during each ' +
    'either else enough ever every few first for from further get given go had has have having he her here hers him ' +
    'himself his how however i if in into is it its itself just last least less like made make many may me might more ' +
    'most much must my near never new next no nor not now of off often on once one only or other our out over own per ' +
    'perhaps quite rather said same say second see several shall she should since so some still such take than that the ' +
    'their them then there these they this those though three through thus to together too toward two under until up ' +
    'upon us use used very was way we well were what when where whether which while who whose why will with within ' +
    "without would yet you your it's don't doesn't isn't wasn't can't won't"
  ).split(' '),
);
