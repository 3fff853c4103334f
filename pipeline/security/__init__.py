"""What cdk-nag's packs beyond AwsSolutions, and checkov, find: counted, kept in the repository, compared.

    python -m pipeline.security ASSEMBLY [--write] [--json]     (`make security`)

Theory of operation. AwsSolutions fails the synth by itself (`stages/delivery_app.py`). The other packs hold
rules that no application can follow altogether, so a finding of theirs is no error: it is counted.

- Every rule that finds something is declined once, with its reason, in `declined.toml` (`declined`), from
  which the table of docs/security.md is written. A rule that is not there fails: fix it or decline it.
- What a declined rule finds is counted for each place, which is an environment or a stack beside them, and
  kept in `counts.json` (`kept`). More than is kept fails; less is said.

The packs judge constructs, so the app itself records what they find, into its assembly, when it is asked to
(`-c security=findings`, `packs`). checkov judges the synthesised templates, in an environment of its own,
because its pins are at odds with ours (`templates`). A developer's sandbox is not counted: it is a copy of
what the pipelines deliver.
"""
