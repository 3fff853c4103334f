"""Cities by name, with their coordinates; no streets."""

import math
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    name: str
    country: str
    longitude: float
    latitude: float

    @property
    def label(self) -> str:
        return f"{self.name}, {self.country}"


CITIES = (
    Place("Amsterdam", "NLD", 4.9041, 52.3676),
    Place("Athens", "GRC", 23.7275, 37.9838),
    Place("Atlanta", "USA", -84.3880, 33.7490),
    Place("Auckland", "NZL", 174.7633, -36.8485),
    Place("Bangkok", "THA", 100.5018, 13.7563),
    Place("Barcelona", "ESP", 2.1734, 41.3851),
    Place("Beijing", "CHN", 116.4074, 39.9042),
    Place("Berlin", "DEU", 13.4050, 52.5200),
    Place("Boston", "USA", -71.0589, 42.3601),
    Place("Brussels", "BEL", 4.3517, 50.8503),
    Place("Buenos Aires", "ARG", -58.3816, -34.6037),
    Place("Cairo", "EGY", 31.2357, 30.0444),
    Place("Cape Town", "ZAF", 18.4241, -33.9249),
    Place("Chicago", "USA", -87.6298, 41.8781),
    Place("Copenhagen", "DNK", 12.5683, 55.6761),
    Place("Dallas", "USA", -96.7970, 32.7767),
    Place("Delhi", "IND", 77.1025, 28.7041),
    Place("Denver", "USA", -104.9903, 39.7392),
    Place("Dubai", "ARE", 55.2708, 25.2048),
    Place("Dublin", "IRL", -6.2603, 53.3498),
    Place("Frankfurt", "DEU", 8.6821, 50.1109),
    Place("Geneva", "CHE", 6.1432, 46.2044),
    Place("Hamburg", "DEU", 9.9937, 53.5511),
    Place("Helsinki", "FIN", 24.9384, 60.1699),
    Place("Hong Kong", "HKG", 114.1694, 22.3193),
    Place("Istanbul", "TUR", 28.9784, 41.0082),
    Place("Jakarta", "IDN", 106.8456, -6.2088),
    Place("Johannesburg", "ZAF", 28.0473, -26.2041),
    Place("Lagos", "NGA", 3.3792, 6.5244),
    Place("Lisbon", "PRT", -9.1393, 38.7223),
    Place("London", "GBR", -0.1278, 51.5074),
    Place("Los Angeles", "USA", -118.2437, 34.0522),
    Place("Madrid", "ESP", -3.7038, 40.4168),
    Place("Melbourne", "AUS", 144.9631, -37.8136),
    Place("Mexico City", "MEX", -99.1332, 19.4326),
    Place("Miami", "USA", -80.1918, 25.7617),
    Place("Milan", "ITA", 9.1900, 45.4642),
    Place("Montreal", "CAN", -73.5673, 45.5017),
    Place("Mumbai", "IND", 72.8777, 19.0760),
    Place("Munich", "DEU", 11.5820, 48.1351),
    Place("Nairobi", "KEN", 36.8219, -1.2921),
    Place("New York", "USA", -74.0060, 40.7128),
    Place("Oslo", "NOR", 10.7522, 59.9139),
    Place("Paris", "FRA", 2.3522, 48.8566),
    Place("Portland", "USA", -122.6784, 45.5152),
    Place("Prague", "CZE", 14.4378, 50.0755),
    Place("Rome", "ITA", 12.4964, 41.9028),
    Place("San Francisco", "USA", -122.4194, 37.7749),
    Place("Santiago", "CHL", -70.6693, -33.4489),
    Place("Seattle", "USA", -122.3321, 47.6062),
    Place("Seoul", "KOR", 126.9780, 37.5665),
    Place("Shanghai", "CHN", 121.4737, 31.2304),
    Place("Singapore", "SGP", 103.8198, 1.3521),
    Place("Stockholm", "SWE", 18.0686, 59.3293),
    Place("Sydney", "AUS", 151.2093, -33.8688),
    Place("São Paulo", "BRA", -46.6333, -23.5505),
    Place("Tel Aviv", "ISR", 34.7818, 32.0853),
    Place("Tokyo", "JPN", 139.6503, 35.6762),
    Place("Toronto", "CAN", -79.3832, 43.6532),
    Place("Vancouver", "CAN", -123.1207, 49.2827),
    Place("Vienna", "AUT", 16.3738, 48.2082),
    Place("Warsaw", "POL", 21.0122, 52.2297),
    Place("Washington", "USA", -77.0369, 38.9072),
    Place("Zurich", "CHE", 8.5417, 47.3769),
)
_WORDS = re.compile(r"\w+")
_EARTH_KM = 6371.0


def search(text: str, *, limit: int) -> tuple[Place, ...]:
    """Cities whose whole name is in the text, longest name first."""
    words = f" {' '.join(_WORDS.findall(text.lower()))} "
    found = [place for place in CITIES if f" {' '.join(_WORDS.findall(place.name.lower()))} " in words]
    return tuple(sorted(found, key=lambda place: -len(place.name))[:limit])


def nearest(longitude: float, latitude: float, *, limit: int) -> tuple[tuple[Place, float], ...]:
    """The closest cities with their distance in kilometres."""
    with_distance = ((place, _distance(place, longitude, latitude)) for place in CITIES)
    return tuple(sorted(with_distance, key=lambda pair: pair[1])[:limit])


def _distance(place: Place, longitude: float, latitude: float) -> float:
    a, b = math.radians(place.latitude), math.radians(latitude)
    across = math.radians(longitude - place.longitude)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(across / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(half))
