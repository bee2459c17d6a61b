//! Runs the binary: output, exit codes and files.

#[cfg(test)]
mod api;
#[cfg(test)]
mod broker;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod init;
#[cfg(test)]
mod messenger;
#[cfg(test)]
mod program;
