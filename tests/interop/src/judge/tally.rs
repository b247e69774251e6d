// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the judge counts over all recordings, and how it tells it.

use std::collections::BTreeMap;

use parsers_sv2::{AnyMessageOwned, IsSv2Message, message_type_to_name};

use super::recording::Side;

/// How often, and where first.
type Fault = (u64, String);

#[derive(Default)]
pub struct Tally {
    pub bytes: u64,
    pub unanswered: u64,
    messages: BTreeMap<String, u64>,
    faults: BTreeMap<String, Fault>,
    accepted: BTreeMap<&'static str, u64>,
    /// By what the server said and what the reference says.
    refused: BTreeMap<String, u64>,
}

impl Tally {
    pub fn count_message(&mut self, side: Side, message: &AnyMessageOwned) {
        let name = message_type_to_name(message.message_type());
        *self.messages.entry(format!("{} {name}", side.arrow())).or_default() += 1;
    }

    pub fn note_faults(&mut self, faults: Vec<String>, place: impl Fn() -> String) {
        for fault in faults {
            self.faults.entry(fault).or_insert_with(|| (0, place())).0 += 1;
        }
    }

    pub fn count_accepted(&mut self, verdict: &'static str, count: u64) {
        *self.accepted.entry(verdict).or_default() += count;
    }

    pub fn count_refused(&mut self, code: &str, verdict: &str) {
        *self.refused.entry(format!("refused as {code}, here {verdict}")).or_default() += 1;
    }

    pub fn frames(&self) -> u64 {
        self.messages.values().sum()
    }

    pub fn accepted(&self) -> u64 {
        self.accepted.values().sum()
    }

    pub fn refused(&self) -> u64 {
        self.refused.values().sum()
    }

    pub fn faults(&self) -> u64 {
        self.faults.values().map(|fault| fault.0).sum()
    }

    pub fn print(&self) {
        for (name, count) in &self.messages {
            println!("  {count:8} {name}");
        }
        for (verdict, count) in &self.accepted {
            println!("  {count:8} shares accepted, here {verdict}");
        }
        for (verdict, count) in &self.refused {
            println!("  {count:8} shares {verdict}");
        }
        println!("  {:8} shares unanswered at the end", self.unanswered);
        for (fault, (count, place)) in &self.faults {
            println!("  FAULT {count:6} {fault}\n         first in {place}");
        }
    }
}
