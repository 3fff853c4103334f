"""ministack as an embedded AWS that parts of the rehearsal extend: the core, without any service.

`loading` imports ministack and hands out the `Cloud` of `extension`; every change to ministack goes through
`guards`, which stops the start where ministack is not as the change expects.
"""
