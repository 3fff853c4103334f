"""The delivery, composed: configuration, pipelines, sandbox."""

import sys

from aws_cdk import App

from config.load import load
from config.mistakes import ConfigurationError
from stacks.registry import APPLICATIONS
from stages.sandbox import add_sandbox

try:
    delivery = load(APPLICATIONS)
except ConfigurationError as error:
    sys.exit(str(error))

app = App()
add_sandbox(app, delivery=delivery, applications=APPLICATIONS)
app.synth()
