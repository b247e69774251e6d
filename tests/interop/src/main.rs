// SPDX-License-Identifier: MIT OR Apache-2.0
//! Parts of tests/interop, each a command of this program; tests/interop/run builds and runs them.
//!
//!   interop noise HOST_STUB SCRATCH
//!   interop judge live|simulated FOLDER
//!   interop farm|odd_client|odd_pool HOST_STUB PLUGIN SCRATCH

mod channel;
mod children;
mod client;
mod farm;
mod judge;
mod keys;
mod link;
mod miner;
mod noise;
mod odd;
mod pool;
mod wire;

use std::path::Path;
use std::process::ExitCode;

use wire::Outcome;

fn run(arguments: &[&str]) -> Outcome<String> {
    match arguments {
        ["noise", host_stub, scratch] => noise::run(Path::new(host_stub), Path::new(scratch)),
        ["judge", "live", folder] => judge::run(Path::new(folder), judge::Shares::Hashed),
        ["judge", "simulated", folder] => judge::run(Path::new(folder), judge::Shares::Simulated),
        ["farm", host_stub, plugin, scratch] => {
            farm::run(Path::new(host_stub), Path::new(plugin), Path::new(scratch))
        }
        ["odd_client", host_stub, plugin, scratch] => {
            odd::client::run(Path::new(host_stub), Path::new(plugin), Path::new(scratch))
        }
        ["odd_pool", host_stub, plugin, scratch] => {
            odd::pool::run(Path::new(host_stub), Path::new(plugin), Path::new(scratch))
        }
        _ => Err("the commands stand at the top of tests/interop/src/main.rs".into()),
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("FAILED: {}: {why}", arguments.first().unwrap_or(&"interop"));
            ExitCode::FAILURE
        }
    }
}
