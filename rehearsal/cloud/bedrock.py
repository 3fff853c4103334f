"""Embedding models return vectors instead of ministack's chat text.

The vector is a hashed bag of words and word pieces: each is hashed to a few dimensions with a sign, and the
sum is scaled to length one. Texts with common words are close together, others at right angles, and the same
text always gives the same vector. Meaning has no influence: synonyms are as far apart as any other words.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard
from rehearsal.model.results import Fidelity, Gap

DEFAULT_SIZES: Mapping[str, int] = {
    "amazon.titan-embed-text-v1": 1536,
    "amazon.titan-embed-text-v2": 1024,
    "amazon.titan-embed-image-v1": 1024,
    "cohere.embed-english-v3": 1024,
    "cohere.embed-multilingual-v3": 1024,
    "cohere.embed-v4": 1536,
}
_WORD = re.compile(r"\w+", re.UNICODE)
_DIMENSIONS_PER_WORD = 4
_PIECE = 4
_PIECE_WEIGHT = 0.3
Answer = tuple[int, dict[str, str], bytes]


def attach(cloud: Cloud) -> None:
    guard = Guard("embeddings")
    runtime = guard.module("ministack.services.bedrock_runtime")
    native: Callable[..., Answer] = guard.function(runtime, "_invoke_model", ("model_id", "headers", "body"))

    def invoke(model_id: str, headers: Any, body: bytes) -> Answer:
        size = _default_size(model_id)
        if size is None:
            return native(model_id, headers, body)
        cloud.gaps.note(_GAP)
        return _embedded(model_id, json.loads(body or b"{}"), size)

    runtime._invoke_model = invoke


def embed(text: str, size: int) -> list[float]:
    """A vector of length one; all zeros for a text without words."""
    vector = [0.0] * size
    for feature, weight in _features(text):
        digest = hashlib.blake2b(feature.encode(), digest_size=4 * _DIMENSIONS_PER_WORD).digest()
        for start in range(0, len(digest), 4):
            number = int.from_bytes(digest[start : start + 4], "big")
            vector[(number >> 1) % size] += weight if number & 1 else -weight
    length = math.sqrt(sum(value * value for value in vector))
    return [value / length for value in vector] if length else vector


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word in _WORD.findall(text.lower()):
        yield word, 1.0
        for start in range(len(word) - _PIECE):
            yield f"~{word[start : start + _PIECE]}", _PIECE_WEIGHT


def _default_size(model_id: str) -> int | None:
    return next((size for name, size in DEFAULT_SIZES.items() if name in model_id), None)


def _embedded(model_id: str, body: Mapping[str, Any], size: int) -> Answer:
    if "cohere." in model_id:
        texts = [str(text) for text in body.get("texts", ())]
        answer = _cohere(texts, int(body.get("output_dimension", size)), body)
    else:
        texts = [str(body.get("inputText", ""))]
        answer = _titan(texts[0], int(body.get("dimensions", size)), body)
    headers = {
        "Content-Type": "application/json",
        "x-amzn-bedrock-input-token-count": str(sum(map(_tokens, texts))),
    }
    return 200, headers, json.dumps(answer).encode()


def _titan(text: str, size: int, body: Mapping[str, Any]) -> dict[str, Any]:
    vector = embed(text, size)
    answer: dict[str, Any] = {"embedding": vector, "inputTextTokenCount": _tokens(text)}
    if "embeddingTypes" in body:
        answer["embeddingsByType"] = {kind: vector for kind in body["embeddingTypes"] if kind == "float"}
    return answer


def _cohere(texts: list[str], size: int, body: Mapping[str, Any]) -> dict[str, Any]:
    vectors = [embed(text, size) for text in texts]
    typed = {"float": vectors} if body.get("embedding_types") else vectors
    return {"id": "rehearsal", "texts": texts, "embeddings": typed, "response_type": "embeddings_floats"}


def _tokens(text: str) -> int:
    return len(_WORD.findall(text))


_GAP = Gap(
    subject="Bedrock embeddings",
    fidelity=Fidelity.EMULATED,
    reason="vectors are made of hashed words: texts with common words are close together, synonyms are not",
)
