"""Where things are."""

from dataclasses import dataclass

from strands import tool

from agents.second_brain.swarm.visit import Visit

_FARTHEST_KM = 500.0
_MOST_HITS = 12


@dataclass(frozen=True)
class PlaceTools:
    visit: Visit

    @tool
    def notes_near(self, place: str, within_km: float = 25.0) -> str:
        """Notes about places near a place, nearest first.

        Args:
            place: The name of a place, such as "Lisbon" or "Main Street 5, Springfield".
            within_km: How far around it to look.
        """
        name = place.replace("\0", "").strip()
        if not name:
            raise ValueError("place is empty")
        found = self.visit.places.find(name)
        if found is None:
            return self.visit.evidence.show({"notes": [], "place": None, "asked": name})
        label, point = found
        distance = max(0.1, min(within_km, _FARTHEST_KM))
        rows = self.visit.store.near(point, within_km=distance, most=_MOST_HITS)
        return self.visit.show_rows(rows, place=label)
