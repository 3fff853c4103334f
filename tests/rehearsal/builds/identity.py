"""A build's end takes everything along that carries its id, so builds of different runs must differ."""

import uuid

PROJECT = f"demo-{uuid.uuid4()}"
