//! Functions of probability, least squares and generalised linear models that the methods stand on.
