"""`utrack doctor`: looks at the machine, the models and the live graph, and says what is wrong and how to mend it."""
