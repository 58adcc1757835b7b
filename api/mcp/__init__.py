"""The service for language models: six hand-written tools over the Model Context Protocol, on the same decisions as REST.

`tools` says what there is, `inputs` and `shapes` what goes in and out, `calls` how arguments become a call, `handling` what each
tool does, `wording` what its text says, `refusing` what a model reads when something is wrong. `server` gives them to the SDK;
`endpoint` serves HTTP, `stdio` a process of one's own. A model sends everything it knows with every request: nothing is kept
between requests but the decision log.
"""
