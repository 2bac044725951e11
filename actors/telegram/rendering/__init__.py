"""What the agent says, which is Markdown, as messages of Telegram: text and what of it is bold, code, a link.

``split.chunks`` is the way in. Formatting is said in message entities and not in markup, which Telegram might refuse
or which a cut might break in two. Markdown is read by pulldown-cmark (as ``pyromark``): of all that was tried only it
reads a long answer without holding up everybody else, and takes time that grows with the text and no faster.

``clean`` → ``markup`` (events) → ``document`` (a :class:`~actors.telegram.rendering.writer.Page`) → ``split``.
"""
