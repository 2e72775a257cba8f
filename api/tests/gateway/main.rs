//! The transports, driven from outside: every status, header and close code that a client can meet.

mod toy;

#[cfg(test)]
mod closing;
#[cfg(test)]
mod http;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod socket;
#[cfg(test)]
mod sse;
