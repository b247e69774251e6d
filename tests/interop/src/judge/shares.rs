// SPDX-License-Identifier: MIT OR Apache-2.0
//! Shares between their submission and the server's answer: what the server accepts must be what
//! the reference accepts, in number, in order and in sum.

use mining_sv2::{SubmitSharesErrorOwned, SubmitSharesSuccessOwned};

use super::Shares;
use super::tally::Tally;
use crate::channel::Verdict;

struct Pending {
    sequence: u32,
    verdict: Verdict,
}

#[derive(Default)]
pub struct PendingShares {
    pending: Vec<Pending>,
}

impl PendingShares {
    pub fn len(&self) -> u64 {
        self.pending.len() as u64
    }

    pub fn submitted(&mut self, sequence: u32, verdict: Verdict) {
        self.pending.push(Pending { sequence, verdict });
    }

    /// Those of one pool up to the last one of the batch that may be accepted: as many must be
    /// counted, and the last must be among them. Another pool answers when it does.
    pub fn accepted(
        &mut self,
        answer: &SubmitSharesSuccessOwned,
        shares: Shares,
        tally: &mut Tally,
    ) -> Vec<String> {
        let last =
            self.pending.iter().position(|share| share.sequence == answer.last_sequence_number);
        let Some(last) = last else {
            return vec!["SubmitShares.Success ends with no share that waits".into()];
        };
        if !may_be_accepted(&self.pending[last].verdict, shares) {
            let code = self.pending[last].verdict.refusal.clone().unwrap_or_default();
            return vec![format!("a share is accepted that the reference calls {code}")];
        }
        let prefix = self.pending[last].verdict.prefix.clone();
        let behind = self.pending.split_off(last + 1);
        let (mut taken, mut kept): (Vec<_>, Vec<_>) = self.pending.drain(..).partition(|share| {
            may_be_accepted(&share.verdict, shares) && share.verdict.prefix == prefix
        });
        let counted = answer.new_submits_accepted_count as usize;
        let is_of_one_pool = prefix.is_some() && counted == taken.len();
        if prefix.is_none() && counted < taken.len() {
            // Those before may be another pool's, who has not answered yet.
            let newest = taken.split_off(taken.len() - counted);
            kept.extend(std::mem::replace(&mut taken, newest));
        }
        while counted > taken.len() {
            // What two pools said at the same time is told at once: the oldest of the other's.
            let other = kept.iter().position(|share| may_be_accepted(&share.verdict, shares));
            match other {
                Some(other) => taken.push(kept.remove(other)),
                None => break,
            }
        }
        self.pending = kept.into_iter().chain(behind).collect();
        let mut faults = Vec::new();
        if counted != taken.len() {
            faults.push(format!("{counted} shares are accepted where {} were sent", taken.len()));
        }
        let sum: f64 = taken.iter().map(|share| share.verdict.difficulty).sum();
        if is_of_one_pool
            && shares == Shares::Hashed
            && (answer.new_shares_sum as f64 - sum).abs() > 1.0
        {
            faults.push(format!("new_shares_sum is {}, and not {sum}", answer.new_shares_sum));
        }
        let late = taken.iter().filter(|share| share.verdict.is_overtaken).count() as u64;
        let verdict = match shares {
            Shares::Hashed => "valid",
            Shares::Simulated => "valid in all but the hash",
        };
        tally.count_accepted(verdict, taken.len() as u64 - late);
        if late > 0 {
            tally.count_accepted("overtaken by a move", late);
        }
        faults
    }

    /// A refusal may have reasons that a recording does not show; the share must be there.
    pub fn refused(&mut self, answer: &SubmitSharesErrorOwned, tally: &mut Tally) -> Vec<String> {
        let code = answer.error_code.as_utf8_or_hex();
        let at = self.pending.iter().position(|share| share.sequence == answer.sequence_number);
        let Some(at) = at else {
            return vec![format!("a share is refused as {code} that does not wait")];
        };
        let verdict = self.pending.remove(at).verdict.refusal;
        tally.count_refused(&code, &verdict.unwrap_or("valid".into()));
        Vec::new()
    }
}

fn may_be_accepted(verdict: &Verdict, shares: Shares) -> bool {
    match verdict.refusal.as_deref() {
        None => true,
        Some("difficulty-too-low") => shares == Shares::Simulated,
        Some(_) => verdict.is_overtaken,
    }
}
