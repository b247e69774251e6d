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

    /// Those up to the last one of the batch that the reference accepts; as many must be counted,
    /// and the last must be among them.
    pub fn accepted(
        &mut self,
        answer: &SubmitSharesSuccessOwned,
        shares: Shares,
        tally: &mut Tally,
    ) -> Vec<String> {
        let good = |share: &Pending| match &share.verdict {
            Ok(_) => true,
            Err(code) => shares == Shares::Simulated && code == "difficulty-too-low",
        };
        let last =
            self.pending.iter().position(|share| share.sequence == answer.last_sequence_number);
        let Some(last) = last else {
            return vec!["SubmitShares.Success ends with no share that waits".into()];
        };
        if !good(&self.pending[last]) {
            let code = self.pending[last].verdict.as_ref().err().cloned().unwrap_or_default();
            return vec![format!("a share is accepted that the reference calls {code}")];
        }
        let behind = self.pending.split_off(last + 1);
        let (taken, kept): (Vec<_>, Vec<_>) = self.pending.drain(..).partition(good);
        self.pending = kept.into_iter().chain(behind).collect();
        let mut faults = Vec::new();
        let counted = u64::from(answer.new_submits_accepted_count);
        if counted != taken.len() as u64 {
            faults.push(format!("{counted} shares are accepted where {} were sent", taken.len()));
        }
        let sum: f64 = taken.iter().filter_map(|share| share.verdict.as_ref().ok()).sum();
        if shares == Shares::Hashed && (answer.new_shares_sum as f64 - sum).abs() > 1.0 {
            faults.push(format!("new_shares_sum is {}, and not {sum}", answer.new_shares_sum));
        }
        let verdict = match shares {
            Shares::Hashed => "valid",
            Shares::Simulated => "valid in all but the hash",
        };
        tally.count_accepted(verdict, taken.len() as u64);
        faults
    }

    /// A refusal may have reasons that a recording does not show; the share must be there.
    pub fn refused(&mut self, answer: &SubmitSharesErrorOwned, tally: &mut Tally) -> Vec<String> {
        let code = answer.error_code.as_utf8_or_hex();
        let at = self.pending.iter().position(|share| share.sequence == answer.sequence_number);
        let Some(at) = at else {
            return vec![format!("a share is refused as {code} that does not wait")];
        };
        let verdict = match self.pending.remove(at).verdict {
            Ok(_) => "valid".into(),
            Err(code) => code,
        };
        tally.count_refused(&code, &verdict);
        Vec::new()
    }
}
