"""WAF: web ACLs and their parts; requests are not filtered."""

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.extension import Cloud
from rehearsal.emulator.resource_types import Row, add_types
from rehearsal.emulator.resource_types.backed import Backed
from rehearsal.emulator.resource_types.described import Described
from rehearsal.emulator.resource_types.known import Known, uuid_of
from rehearsal.emulator.resource_types.recorded import Recorded, row

_NO_FILTER = "no request is filtered"


def _wafv2(kind: str) -> Recorded:
    def name(it: Known) -> str:
        return it.name("Name", limit=128)

    def attributes(it: Known) -> Mapping[str, Any]:
        scope = "global" if it.properties["Scope"] == "CLOUDFRONT" else "regional"
        arn = it.arn("wafv2", f"{scope}/{kind.lower()}/{name(it)}/{uuid_of(it)}")
        labels = {"LabelNamespace": f"awswaf:{it.request.account}:rulegroup:{name(it)}:"}
        return {"Arn": arn, "Id": uuid_of(it), **(labels if kind == "RuleGroup" else {})}

    return row(
        f"AWS::WAFv2::{kind}",
        lambda it: f"{name(it)}|{uuid_of(it)}|{it.properties['Scope']}",
        _NO_FILTER,
        attributes,
    )


ROWS: tuple[Row, ...] = (
    *map(_wafv2, ("IPSet", "RegexPatternSet", "RuleGroup")),
    Backed(
        type_name="AWS::WAFv2::WebACLAssociation",
        service="wafv2",
        create="associate_web_acl",
        ref=lambda it: f"{it.properties['ResourceArn']}|{it.properties['WebACLArn']}",
        key=lambda it: {"ResourceArn": it.properties["ResourceArn"]},
        delete="disassociate_web_acl",
        limits="no request is filtered by the web ACL",
    ),
    Recorded(
        type_name="AWS::WAFv2::LoggingConfiguration",
        ref=lambda it: str(it.properties["ResourceArn"]),
        attributes=lambda _: {"ManagedByFirewallManager": False},
        reason="no request is filtered, so none is logged",
    ),
    Described("AWS::WAFv2::WebACL", _NO_FILTER),
)


def attach(cloud: Cloud) -> None:
    add_types(cloud, ROWS)
