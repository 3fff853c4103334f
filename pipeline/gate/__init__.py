"""The last step of an environment: what a deployment made worse rolls it back, and nothing else does.

An alarm that sounded before the deployment and still does is told. One that began to is fatal. What sounded
before is kept by nobody: CloudWatch remembers every change of an alarm's state, and CodePipeline when each
action began, so neither a retry nor a roll-back can lose it or write it anew.
"""
