//! Tests of the gateway: one request without a socket (`flow`, `proof`, `freshness`, `errors`, `fuzz`,
//! `observability`), misbehaving connections (`connections`, `drain`), and a real NATS (`bus`).

#[cfg(test)]
mod bus;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod drain;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod fake_router;
#[cfg(test)]
mod flow;
#[cfg(test)]
mod freshness;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod net;
#[cfg(test)]
mod observability;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod test_gateway;
