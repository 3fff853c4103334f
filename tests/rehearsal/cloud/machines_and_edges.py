"""One template with every recorded type that stands for machines and networks.

Beside `every_type`'s, because a template has at most 200 outputs.
"""

from typing import Any

from tests.rehearsal.cloud.every_type import NETWORK, att, ref, resource

_WEB: dict[str, Any] = {"Scope": "REGIONAL", "Name": "w"}
MACHINES = {
    "Machine": resource("AWS::EC2::Instance", ImageId="ami-1", SubnetId=ref("Subnet")),
    "KeyPair": resource("AWS::EC2::KeyPair", KeyName="k"),
    "Interface": resource("AWS::EC2::NetworkInterface", SubnetId=ref("Subnet")),
    "Plugged": resource(
        "AWS::EC2::NetworkInterfaceAttachment",
        DeviceIndex="1",
        InstanceId=ref("Machine"),
        NetworkInterfaceId=ref("Interface"),
    ),
    "Disk": resource("AWS::EC2::Volume", AvailabilityZone="eu-west-1a", Size=8),
    "Mounted": resource(
        "AWS::EC2::VolumeAttachment", VolumeId=ref("Disk"), InstanceId=ref("Machine"), Device="/dev/sdf"
    ),
    "Placement": resource("AWS::EC2::PlacementGroup", Strategy="cluster"),
    "Warm": resource("AWS::AutoScaling::WarmPool", AutoScalingGroupName="group"),
    "Capacity": resource("AWS::ECS::CapacityProvider"),
    "Capacities": resource(
        "AWS::ECS::ClusterCapacityProviderAssociations", Cluster="c", DefaultCapacityProviderStrategy=[]
    ),
    "Computers": resource("AWS::Batch::ComputeEnvironment", Type="MANAGED"),
    "Jobs": resource("AWS::Batch::JobQueue", Priority=1),
    "Job": resource("AWS::Batch::JobDefinition", Type="container"),
    "Beanstalk": resource("AWS::ElasticBeanstalk::Application"),
    "BeanstalkVersion": resource(
        "AWS::ElasticBeanstalk::ApplicationVersion", ApplicationName=ref("Beanstalk")
    ),
    "BeanstalkPlace": resource("AWS::ElasticBeanstalk::Environment", ApplicationName=ref("Beanstalk")),
    "Document": resource("AWS::SSM::Document", Content={}),
    "Association": resource("AWS::SSM::Association", Name=ref("Document")),
    "Canary": resource("AWS::Synthetics::Canary", Name="canary"),
}
EDGES = {
    "Peering": resource("AWS::EC2::VPCPeeringConnection", VpcId=ref("Vpc"), PeerVpcId=ref("Vpc")),
    "Transit": resource("AWS::EC2::TransitGateway"),
    "TransitOfVpc": resource(
        "AWS::EC2::TransitGatewayAttachment",
        TransitGatewayId=ref("Transit"),
        VpcId=ref("Vpc"),
        SubnetIds=[],
    ),
    "Outwards": resource("AWS::EC2::EgressOnlyInternetGateway", VpcId=ref("Vpc")),
    "Prefixes": resource("AWS::EC2::PrefixList", PrefixListName="p", AddressFamily="IPv4"),
    "SecondBlock": resource("AWS::EC2::VPCCidrBlock", VpcId=ref("Vpc"), CidrBlock="10.1.0.0/16"),
    "Tunnel": resource("AWS::EC2::VPNGateway", Type="ipsec.1"),
    "Customer": resource("AWS::EC2::CustomerGateway", Type="ipsec.1", IpAddress="203.0.113.1"),
    "Vpn": resource("AWS::EC2::VPNConnection", Type="ipsec.1", CustomerGatewayId=ref("Customer")),
    "Balancer": resource("AWS::ElasticLoadBalancing::LoadBalancer", Listeners=[]),
    "MoreTls": resource(
        "AWS::ElasticLoadBalancingV2::ListenerCertificate", ListenerArn="arn:x", Certificates=[]
    ),
    "SigningKey": resource("AWS::CloudFront::PublicKey", PublicKeyConfig={"Name": "k"}),
    "SigningKeys": resource("AWS::CloudFront::KeyGroup", KeyGroupConfig={"Items": [ref("SigningKey")]}),
    "Names": resource("AWS::Route53::RecordSetGroup", RecordSets=[]),
    "Check": resource("AWS::Route53::HealthCheck", HealthCheckConfig={"Type": "TCP"}),
    "Addresses": resource("AWS::WAFv2::IPSet", Addresses=[], IPAddressVersion="IPV4", **_WEB),
    "Patterns": resource("AWS::WAFv2::RegexPatternSet", RegularExpressionList=[], **_WEB),
    "Rules": resource("AWS::WAFv2::RuleGroup", Capacity=1, VisibilityConfig={}, **_WEB),
    "Link": resource("AWS::ApiGateway::VpcLink", Name="l", TargetArns=[]),
    "HttpLink": resource("AWS::ApiGatewayV2::VpcLink", Name="l", SubnetIds=[]),
    "Proxy": resource("AWS::RDS::DBProxy", DBProxyName="proxy"),
    "ProxyTargets": resource(
        "AWS::RDS::DBProxyTargetGroup", DBProxyName=ref("Proxy"), TargetGroupName="default"
    ),
    "Options": resource("AWS::RDS::OptionGroup", EngineName="mysql", MajorEngineVersion="8.0"),
    "Cache": resource("AWS::ElastiCache::ServerlessCache", ServerlessCacheName="cache", Engine="redis"),
}
RECORDED_HERE: dict[str, Any] = {**MACHINES, **EDGES}
MACHINES_AND_EDGES = {"Vpc": NETWORK["Vpc"], "Subnet": NETWORK["Subnet"], **RECORDED_HERE}

ATTRIBUTES_HERE = {
    "Machine": ("InstanceId", "PrivateIp", "PublicDnsName", "PublicIp", "PrivateDnsName", "VpcId"),
    "KeyPair": ("KeyPairId", "KeyFingerprint"),
    "Interface": ("Id", "PrimaryPrivateIpAddress", "VpcId"),
    "Plugged": ("AttachmentId",),
    "Disk": ("VolumeId",),
    "Placement": ("GroupName", "GroupId"),
    "Computers": ("ComputeEnvironmentArn",),
    "Jobs": ("JobQueueArn",),
    "Job": ("JobDefinitionArn",),
    "BeanstalkVersion": ("Id",),
    "BeanstalkPlace": ("EndpointURL",),
    "Association": ("AssociationId",),
    "Canary": ("Id", "State"),
    "Peering": ("Id",),
    "Transit": ("Id", "TransitGatewayArn"),
    "TransitOfVpc": ("Id",),
    "Outwards": ("Id",),
    "Prefixes": ("PrefixListId", "OwnerId", "Version", "Arn"),
    "SecondBlock": ("Id", "IpSource"),
    "Tunnel": ("VPNGatewayId",),
    "Customer": ("CustomerGatewayId",),
    "Vpn": ("VpnConnectionId",),
    "Balancer": (
        "DNSName", "CanonicalHostedZoneName", "CanonicalHostedZoneNameID",
        "SourceSecurityGroup.GroupName", "SourceSecurityGroup.OwnerAlias",
    ),
    "MoreTls": ("Id",),
    "SigningKey": ("Id", "CreatedTime"),
    "SigningKeys": ("Id", "LastModifiedTime"),
    "Names": ("Id",),
    "Check": ("HealthCheckId",),
    "Addresses": ("Arn", "Id"),
    "Patterns": ("Arn", "Id"),
    "Rules": ("Arn", "Id", "LabelNamespace"),
    "Link": ("VpcLinkId",),
    "HttpLink": ("VpcLinkId",),
    "Proxy": ("DBProxyArn", "Endpoint", "VpcId"),
    "ProxyTargets": ("TargetGroupArn",),
    "Cache": ("FullEngineVersion", "CreateTime", "Status", "ARN", "Endpoint.Address", "ReaderEndpoint.Port"),
}  # fmt: skip

OUTPUTS_HERE = {name: ref(name) for name in RECORDED_HERE} | {
    f"{name}{attribute}".replace(".", ""): att(name, attribute)
    for name, names in ATTRIBUTES_HERE.items()
    for attribute in names
}
