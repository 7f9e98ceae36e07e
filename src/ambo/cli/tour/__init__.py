"""`ambo tour`: every operation in both colours, side by side.

    programs    the operations, each written twice; what is shown is the source of what is run
    performing  runs them on two databases (or twice on one) and compares
    picturing   shows the outcome in a terminal (rich)
    telling     shows it as plain text or JSON
"""
