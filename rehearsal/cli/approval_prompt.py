"""What a person is shown before answering an approval: its words, and the page that it links to, as a file.

A link to the embedded AWS is a long presigned address that ends with the rehearsal, so its page is saved.
"""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from rehearsal.home import Home
from rehearsal.record.details import ApprovalDetail

_LONGEST_PAGE = 50 * 1024**2
_SECONDS = 10
_KEPT = 20


def facts(approval: ApprovalDetail, *, home: Home, endpoint_url: str) -> Iterator[str]:
    """One line each: every part of the comment, then where to read more."""
    yield from (part.strip() for part in approval.custom_data.split(";") if part.strip())
    if not approval.link:
        return
    page = _saved(approval, home) if approval.link.startswith(f"{endpoint_url}/") else None
    yield f"Read: {page.as_uri() if page else approval.link}"


def _saved(approval: ApprovalDetail, home: Home) -> Path | None:
    try:
        with urllib.request.urlopen(approval.link, timeout=_SECONDS) as answer:  # noqa: S310 - the embedded AWS
            content = answer.read(_LONGEST_PAGE)
            ending = ".html" if "html" in answer.headers.get_content_type() else ".txt"
        name = re.sub(r"[^A-Za-z0-9.-]", "-", f"{approval.stage}-{approval.action}")
        page = home.root / "approvals" / f"{name}-{approval.execution_id}{ending}"
        page.parent.mkdir(exist_ok=True)
        page.write_bytes(content)
        _keep_newest(page.parent)
    except (OSError, urllib.error.URLError):
        return None
    return page


def _keep_newest(folder: Path) -> None:
    for old in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
        old.unlink(missing_ok=True)
