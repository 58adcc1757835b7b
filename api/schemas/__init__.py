"""The shapes that go in and out, as the OpenAPI document tells them.

`requests` describes bodies; what is in them is checked by `api.doors`, `api.asking` and `triage.call`, which know the base.
`answers` describes what comes back; answers are made as bytes, and tests hold them to these shapes.
"""
