"""The account and region of an embedded AWS: chosen once, saved for the next start.

Deployed resources belong to them; another account or region would find none of the resources.
"""

import json
from dataclasses import asdict, dataclass

from rehearsal.home import Home


@dataclass(frozen=True, kw_only=True)
class Place:
    account: str = "000000000000"
    region: str = "us-east-1"


def choose(home: Home, *, account: str | None, region: str | None) -> Place:
    """The arguments, else the values of the last start, else the defaults."""
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
