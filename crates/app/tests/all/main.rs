//! The binary from outside: started as a process, spoken to over HTTP and on the command line.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests stop at the first surprise and watch real time"
)]

mod bench;
mod check_recognition;
mod city;
mod demo;
mod demo_recognition;
mod engine;
mod examples;
mod faults;
mod hostile;
mod http;
mod imports;
mod jingluo;
mod operation;
mod owner;
mod parameters;
mod reference;
mod rules;
mod samples;
