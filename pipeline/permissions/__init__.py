"""What CloudFormation and the roles of the portfolio may do: generated, kept in the repository, compared.

    python -m pipeline.permissions ASSEMBLY [--prune]     write `kept/` again (`make execution-policy`)

Theory of operation. A *grantee* is an environment, or everything that stands beside the environments in a
pipeline's own stacks (`grantees`). For each, two policies are generated from the synthesised templates:

- the execution policy: every call that CloudFormation's handlers may make for the types in its templates
  (`catalogue`), on the resources that `scopes` names; roles have rules of their own (`roles`);
- the boundary: what the policies of its roles allow, and no more (`boundary`).

`kept` holds both as files. A synth compares what its templates need with the files and fails if they lack
something (`check`), because CloudFormation would fail on it in the middle of a deployment. `documents` merges
the grantees of one account, whose stacks share one execution role, and packs them into managed policies.
"""
