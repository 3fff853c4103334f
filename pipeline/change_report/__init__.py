"""The change report: what a deployment is about to do, in words a person can approve.

Theory of operation. A stack is read twice, as it is deployed and as it was synthesised. `noise`
removes what differs without meaning anything; `resources` compares what is left, property by
property, and asks `resource_types` which changes replace a resource and which resources hold data;
`permissions` and `network` compare what the two templates *allow*, so that a statement that moved,
was split or was reordered is no change while one that grew is. The outcome is one frozen `Report`;
`page` draws it and `as_json` writes it down. Only `deployed`, `baseline` and `publish` speak to AWS.
"""
