"""``starpod repl``: a conversation at the terminal."""

import argparse
import os
import sys
from functools import partial

from starpod.cli.chat import EFFORTS
from starpod.cli.target import add_agent_option, any_instance

KEYS = """\
At a terminal:
  Enter sends, Alt-Enter begins a new line, Tab completes, the arrow keys bring back what was typed.
  What is written while the agent works joins its turn. Ctrl-C stops the turn, twice leaves; so does Ctrl-D.
  /help lists the orders. @PATH in a message sends a file along.

Without one, each line of standard input is a message or an order, and is answered before the next is read.

Exit status:
  0    left, or the input has ended
  1    not begun, and said why; without a terminal also when an answer failed
  130  interrupted
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``starpod repl`` takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = KEYS
    add_agent_option(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "-c", "--continue", action="store_true", dest="last", help="go on with the newest conversation"
    )
    which.add_argument(
        "--resume",
        nargs="?",
        const="",
        metavar="ID",
        help="go on with this conversation: the beginning of its id, or words of it; without, they are listed",
    )
    parser.add_argument("--model", metavar="PROVIDER/MODEL", help="begin with this model")
    parser.add_argument("--effort", choices=EFFORTS, help="how much the model is to think")


def run(args: argparse.Namespace) -> int:
    """Talk until the person leaves."""
    import trio

    from starpod.repl.doing import Opening

    opening = Opening(last=args.last, resume=args.resume, model=args.model, effort=args.effort)
    with any_instance(args.agent) as instance:
        if sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
            from starpod.repl.talk import talk

            return trio.run(partial(talk, instance, opening))
        from starpod.repl.plain import talk as talk_plainly

        return trio.run(partial(talk_plainly, instance, opening))
