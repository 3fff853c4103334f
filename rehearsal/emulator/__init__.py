"""ministack as an embedded AWS that other packages extend; contains no service itself.

`loading` imports ministack and returns the `Cloud` of `extension`. Every change to ministack goes through
`guards`, which fails the start if ministack is not as the change expects.
"""
