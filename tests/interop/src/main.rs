// SPDX-License-Identifier: MIT OR Apache-2.0
//! Parts of tests/interop, each a command of this program; tests/interop/run builds and runs them.
//!
//!   interop noise HOST_STUB SCRATCH
//!   interop judge live|simulated FOLDER
//!   interop farm|odd_client|odd_pool HOST_STUB PLUGIN SCRATCH
//!   interop translator_sv2 HOST_STUB PLUGIN PROGRAM SAMPLE SCRATCH SECONDS LEAST_MOVES MOST_OFF
//!   interop pool_sv2 HOST_STUB PLUGIN PROGRAM SCRATCH

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
mod pool_sv2;
mod provider;
mod proxy;
mod sv1;
mod template;
mod translator_sv2;
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
        ["translator_sv2", host_stub, plugin, translator, sample, scratch, numbers @ ..] => {
            let programs = translator_sv2::Programs {
                host_stub: Path::new(host_stub),
                plugin: Path::new(plugin),
                translator: Path::new(translator),
                sample: Path::new(sample),
            };
            translator_sv2::run(&programs, Path::new(scratch), &wanted(numbers)?)
        }
        ["pool_sv2", host_stub, plugin, program, scratch] => pool_sv2::run(
            Path::new(host_stub),
            Path::new(plugin),
            Path::new(program),
            Path::new(scratch),
        ),
        _ => Err("the commands stand at the top of tests/interop/src/main.rs".into()),
    }
}

fn wanted(numbers: &[&str]) -> Outcome<translator_sv2::Wanted> {
    let [seconds, least_moves, most_off] = numbers else {
        return Err("it needs SECONDS LEAST_MOVES MOST_OFF".into());
    };
    Ok(translator_sv2::Wanted {
        seconds: seconds.parse().map_err(wire::sentence("SECONDS"))?,
        least_moves: least_moves.parse().map_err(wire::sentence("LEAST_MOVES"))?,
        most_off: most_off.parse().map_err(wire::sentence("MOST_OFF"))?,
    })
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
