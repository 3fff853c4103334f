"""The delivery, composed: configuration, pipelines, sandbox."""

import sys

from config.load import load
from config.mistakes import DeliveryError
from pipeline.delivery import DeliveryPipeline
from pipeline.limits import enforce
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
    enforce(app.deliver())


if __name__ == "__main__":
    try:
        main()
    except DeliveryError as error:
        sys.exit(str(error))
