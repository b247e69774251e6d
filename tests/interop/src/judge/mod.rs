// SPDX-License-Identifier: MIT OR Apache-2.0
//! Part "judge": recorded connections, each frame through the reference decoder, parser and encoder,
//! and each message through the reference client's state machines. A frame that they refuse, a
//! share that was accepted and that they call invalid, and a message where the specification does
//! not have it are faults.

mod connection;
mod recording;
mod shares;
mod tally;

use std::path::Path;

use crate::wire::Outcome;
use connection::Connection;
use recording::{DAMAGE, Recording, recordings};
use tally::Tally;

/// Are the shares of a recording those of miners that hash?
#[derive(Clone, Copy, PartialEq)]
pub enum Shares {
    Hashed,
    /// Of a simulated farm: they are valid in all but their hash.
    Simulated,
}

fn judge(recording: &Recording, shares: Shares, tally: &mut Tally) {
    let mut connection = Connection::new(shares);
    for frame in &recording.frames {
        let mut faults = Vec::new();
        tally.bytes += frame.bytes.len() as u64;
        if let Some(message) = frame.parsed(&mut faults) {
            tally.count_message(frame.side, &message);
            connection.hear(frame.side, message, &mut faults, tally);
        }
        tally.note_faults(faults, || format!("{}:{}", recording.name, frame.line));
    }
    tally.unanswered += connection.unanswered();
}

/// Each kind of damage to the first recording that can take it must be a fault.
fn notices_damage(all: &[Recording], shares: Shares) -> Outcome<usize> {
    let kinds = DAMAGE.iter().filter(|damage| shares == Shares::Hashed || !damage.hashed_only);
    let mut count = 0;
    for damage in kinds {
        let damaged = all.iter().find_map(|recording| damage.done_to(recording));
        let damaged = damaged.ok_or(format!("no recording can have {}", damage.name))?;
        let mut tally = Tally::default();
        judge(&damaged, shares, &mut tally);
        if tally.faults() == 0 {
            return Err(format!("the judge does not notice {} in {}", damage.name, damaged.name));
        }
        count += 1;
    }
    Ok(count)
}

pub fn run(folder: &Path, shares: Shares) -> Outcome<String> {
    let all = recordings(folder)?;
    let mut tally = Tally::default();
    for recording in &all {
        judge(recording, shares, &mut tally);
    }
    tally.print();
    if tally.faults() > 0 {
        return Err(format!("{} faults in {}", tally.faults(), folder.display()));
    }
    if tally.accepted() == 0 {
        return Err("no share was accepted: nothing was judged".into());
    }
    let noticed = notices_damage(&all, shares)?;
    Ok(format!(
        "{} connections, {} frames ({} bytes), 0 rejected; {} shares accepted, {} refused; \
         {noticed} kinds of damage noticed",
        all.len(),
        tally.frames(),
        tally.bytes,
        tally.accepted(),
        tally.refused()
    ))
}
