"""The account and region that an embedded AWS acts from: chosen once, kept for the next start.

What is deployed lives there; coming back as somebody else would find none of it.
"""

import json
from dataclasses import asdict, dataclass

from rehearsal.home import Home


@dataclass(frozen=True, kw_only=True)
class Place:
    account: str = "000000000000"
    region: str = "us-east-1"


def choose(home: Home, *, account: str | None, region: str | None) -> Place:
    """What is asked for, else what it was last time, else the defaults."""
    last = _last(home)
    place = Place(account=account or last.account, region=region or last.region)
    home.create()
    (home.root / "place.json").write_text(json.dumps(asdict(place)))
    return place


def _last(home: Home) -> Place:
    try:
        return Place(**json.loads((home.root / "place.json").read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return Place()
