//! How much a caller may use: what requests cost, what is refused for it, and what stays within bounds.

mod budgets;
mod costs;
mod crowds;
mod masked;
