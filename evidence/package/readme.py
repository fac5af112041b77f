"""README-VERIFY: how a court checks the package with tools that are not ours."""

_ZH = """# 如何核验本证据包

证据编号:{id}

本包不需要联网,也不需要我方软件即可核验。请在自己的、可信的电脑上进行;随包附带的任何程序都不应作为核验依据。

1. 解压后进入 `{id}/`,运行 `sha256sum -c manifest-sha256.txt` 与 `sha512sum -c manifest-sha512.txt`,再运行 `sha256sum -c tagmanifest-sha256.txt`:每一行都应为 OK。
2. `bagit.py --validate {id}`(BagIt 1.0, RFC 8493)。
3. `wacz validate -f {id}/data/capture/{id}.wacz`;解压 WACZ 后 `warcio check archive/data.warc.gz`。
4. `data/evidence.json` 列出每个文件的大小、SHA-256、SM3 与用途;SM3 可用 `openssl dgst -sm3 文件` 核对。
5. 保管链 `data/custody/custody.jsonl`:每行的 `prev_sha256` 等于上一行(不含换行)的 SHA-256;末条摘要与条数见 evidence.json。
6. 封印 `{id}.proofs/seal.json`:Ed25519 签名(C2SP signed-note)覆盖 evidence.json 与两份 tagmanifest 的摘要。公钥应从包外的可信渠道取得。`{id}.proofs/proofs.json` 以同一方式列出封包时的证明文件与同包的全部证据编号。
7. 时间证明:`ots verify -f {id}/data/evidence.json {id}.proofs/evidence.json.ots`。待确认(pending)不是已确认。所需区块头如有,在 `{id}.proofs/headers/`;应与可信来源核对。
8. 以上全部:`markwatch verify 包.zip`(0 通过;1 有改动、缺失或多余;2 尚不能判定)。

前三步只能说明包内前后一致:重新计算全部清单的伪造品也能通过。是否为当初封存的数据,取决于第 6、7 步。
"""
_EN = """# How to check this package

Exhibit: {id}

Neither a network nor our software is needed. Work on a computer that you trust; no program that travels with the
package should be part of the check.

1. Unpack, enter `{id}/`, run `sha256sum -c manifest-sha256.txt`, `sha512sum -c manifest-sha512.txt` and
   `sha256sum -c tagmanifest-sha256.txt`: every line says OK.
2. `bagit.py --validate {id}` (BagIt 1.0, RFC 8493).
3. `wacz validate -f {id}/data/capture/{id}.wacz`; unpack the WACZ, then `warcio check archive/data.warc.gz`.
4. `data/evidence.json` names each file's size, SHA-256, SM3 and role; `openssl dgst -sm3 FILE` gives the SM3.
5. The chain of custody `data/custody/custody.jsonl`: each line's `prev_sha256` is the SHA-256 of the line before
   (without its newline); evidence.json names the log's head and length.
6. The seal `{id}.proofs/seal.json`: an Ed25519 signature (C2SP signed-note) over the digests of evidence.json and both
   tagmanifests. Take the public key from a trusted source outside of this package. `{id}.proofs/proofs.json` names, signed
   in the same way, the proofs as they were at the build and every exhibit of the package.
7. Time proofs: `ots verify -f {id}/data/evidence.json {id}.proofs/evidence.json.ots`. Pending is not confirmed.
   Block headers, where the package carries them, lie in `{id}.proofs/headers/`; compare them with a source that you trust.
8. All of it: `markwatch verify FILE.zip` (0 passed; 1 changed, missing or extra; 2 not decidable yet).

Steps 1 to 3 only show that the package agrees with itself: a forgery with all manifests recomputed passes them. Whether
it is the data that was sealed at the time is for steps 6 and 7 to say.
"""


def readme(exhibit_id: str, lang: str) -> bytes:
    """Return README-VERIFY for this exhibit in `lang` ("zh" or "en")."""
    return (_EN if lang == "en" else _ZH).format(id=exhibit_id).encode()
