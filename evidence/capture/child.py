"""The capturing process: `python -m evidence.capture.child REQUEST.json`, started by `evidence.capture.api` alone.

Exits 0 with a folder that holds `capture/capture.json`, or with another code and one line on stderr. It ends itself when
its standard input ends: then the process that started it is gone.
"""

import asyncio
import errno
import os
import sys
import threading
from pathlib import Path

from playwright.async_api import Error as PlaywrightError

from evidence.capture.files import write_files
from evidence.capture.layout import EXIT_DISK_FULL, EXIT_NO_BROWSER
from evidence.capture.request import CaptureRequest
from evidence.capture.session import Session
from evidence.errors import CaptureError
from guards.errors import DiskFull, MarkwatchError

EXIT_NO_CAPTURE = 4


def main(argv: list[str]) -> int:
    """Capture what the request file asks for; return the exit code."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    request = CaptureRequest.load(Path(argv[1]))
    try:
        write_files(asyncio.run(Session(request).run()))
    except CaptureError as error:
        return _say(error, EXIT_NO_BROWSER)
    except DiskFull as error:
        return _say(error, EXIT_DISK_FULL)
    except OSError as error:
        return _say(error, EXIT_DISK_FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else EXIT_NO_CAPTURE)
    except (MarkwatchError, PlaywrightError) as error:
        return _say(error, EXIT_NO_CAPTURE)
    return 0


def _say(error: Exception, code: int) -> int:
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    sys.stderr.write(f"{first[:1000]}\n")
    return code


def _end_with_parent() -> None:
    while os.read(0, 4096):
        continue
    os._exit(5)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
