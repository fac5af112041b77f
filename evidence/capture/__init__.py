"""One page kept: `capture_page` opens it in a fresh Chromium and writes what was seen, sent and shown.

Read `evidence.capture.api` first; the browser itself runs in a child process (`python -m evidence.capture.child`).
"""

from evidence.capture.api import CaptureOptions, CaptureResult, CertificateReport, capture_page

__all__ = ["CaptureOptions", "CaptureResult", "CertificateReport", "capture_page"]
