"""Gives pipelines the stack's tags, which ministack does only for the types in its table.

After a kill, the tags also show which stack a pipeline belongs to.
"""

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.guards import Guard

STACK_ID = "aws:cloudformation:stack-id"


def apply(_cloud: Cloud) -> None:
    guard = Guard("tags of stacks")
    provisioners = guard.module("ministack.services.cloudformation.provisioners")
    table = guard.attribute(provisioners, "_STACK_TAG_PROPERTY")
    guard.that(
        table.get("AWS::SQS::Queue") == ("Tags", "list"), "its table of tag properties has another form"
    )
    table["AWS::CodePipeline::Pipeline"] = ("Tags", "list")
