"""CloudFormation types that need no code of their own: a service declares each as a table row.

`Backed` is a resource of an API that the embedded AWS has; `Recorded` is accepted and stored; `Described` is
a type that ministack stores and describes without any behaviour.
"""

from collections.abc import Iterable
from functools import partial

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types.backed import Backed, BackedResource
from rehearsal.emulator.resource_types.described import Described, DescribedResource
from rehearsal.emulator.resource_types.recorded import Recorded, RecordedResource

Row = Backed | Recorded | Described


def add_types(cloud: Cloud, rows: Iterable[Row]) -> None:
    for row in rows:
        match row:
            case Backed():
                cloud.register_resource(row.type_name, BackedResource(cloud, row))
            case Recorded():
                cloud.register_resource(row.type_name, RecordedResource(cloud, row))
            case Described():
                cloud.wrap_resource(row.type_name, partial(DescribedResource, row, cloud.gaps))
