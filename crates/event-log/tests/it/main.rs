//! The log from outside: what it keeps, what it notices, what it mends.

mod support;

mod model;
