"""CodeCommit on the embedded AWS: repositories, branches, commits and files, over the rehearsal's git.

A CodeCommit repository is one of the bare repositories that source actions read (`rehearsal.sources`).
What git does not know of it (its id, description, tags, the account and region that own it) stands in
its git settings. A repository that was only pushed has none of this: to the API it does not exist until
CreateRepository or a template creates it, and then it has the commits that were pushed.
"""
