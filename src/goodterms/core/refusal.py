"""The refusal: what cannot be done, said in a sentence that a person can act on."""


class Refusal(Exception):
    """Something asked for cannot be done; the message says what, where, and how to mend it.

    Every layer raises subclasses named for what is refused; faces show the message and no traceback.
    """
