"""The delivery, composed: configuration, pipelines, sandbox."""

import sys

from config.load import load
from config.mistakes import DeliveryError
from pipeline.delivery import DeliveryPipeline
from pipeline.limits import enforce
from pipeline.permissions import kept
from pipeline.permissions.generate import needed
from pipeline.security import packs
from stacks.registry import APPLICATIONS
from stages.delivery_app import DeliveryApp
from stages.sandbox import add_sandbox


def main() -> None:
    delivery = load(APPLICATIONS)
    for caution in delivery.cautions:
        sys.stderr.write(f"warning: {caution}\n")
    app = DeliveryApp()
    for config in delivery.pipelines:
        DeliveryPipeline(app, config=config, applications=APPLICATIONS)
    add_sandbox(app, delivery=delivery, applications=APPLICATIONS)
    folder = app.deliver()
    packs.record(app, folder)
    enforce(folder)
    if app.node.try_get_context("permissions") != "unchecked":
        kept.enforce(needed(delivery, folder))


if __name__ == "__main__":
    try:
        main()
    except DeliveryError as error:
        sys.exit(str(error))
