// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the plugin answers: decisions, what became of them, and the metrics.

use crate::events::text_of;
use crate::{sys, Prefix};

/// What a decision asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecisionKind {
    /// Work for another pool.
    Move,
    /// The same pool, a new prefix.
    Prefix,
}

/// How a move is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A future job, then SetNewPrevHash.
    Hard,
    /// Both pools are on one tip: a non-future job will do.
    SoftAllowed,
    /// Close the channel; the peer opens again.
    Reopen,
}

/// An instruction to the host.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// Its number.
    pub decision: u64,
    /// What it asks for.
    pub kind: DecisionKind,
    /// Whom it is about.
    pub channel: u64,
    /// The channel's cookie.
    pub cookie: u64,
    /// Where it works now.
    pub from: u32,
    /// Where it goes.
    pub to: u32,
    /// How.
    pub style: Style,
    /// `sys::HMX_REASON_*`.
    pub reason: u32,
    /// Hashes per second that move with it.
    pub expected_hashrate: f64,
    /// The last moment at which an answer counts.
    pub valid_until_ns: u64,
    /// Empty = the host chooses.
    pub prefix: Prefix,
}

impl Decision {
    pub(crate) fn from_row(row: &sys::hmx_decision) -> Decision {
        Decision {
            decision: row.decision,
            kind: if row.kind == sys::HMX_DECISION_PREFIX { DecisionKind::Prefix } else { DecisionKind::Move },
            channel: row.channel,
            cookie: row.cookie,
            from: row.from,
            to: row.to,
            style: match row.style {
                sys::HMX_STYLE_SOFT_ALLOWED => Style::SoftAllowed,
                sys::HMX_STYLE_REOPEN => Style::Reopen,
                _ => Style::Hard,
            },
            reason: row.reason,
            expected_hashrate: row.expected_hashrate,
            valid_until_ns: row.valid_until_ns,
            prefix: Prefix::from_parts(row.extranonce_prefix_len, &row.extranonce_prefix),
        }
    }
}

/// What became of a decision, or what the host did on its own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// The frames of the move were written; the prefix in force, empty = as decided.
    Applied(Decision, Prefix),
    /// Nothing was sent.
    Refused(Decision),
    /// Tried and failed: the channel is there, with this prefix.
    Failed(Decision, u32, Prefix),
    /// The host moved a channel on its own: number, cookie, from, to (0 = parked), prefix.
    Forced {
        /// Which channel.
        channel: u64,
        /// Its cookie, or 0.
        cookie: u64,
        /// Where it was.
        from: u32,
        /// Where it is; 0 = parked.
        to: u32,
        /// The prefix in force.
        prefix: Prefix,
    },
    /// No job of this prefix is valid any more.
    Drained {
        /// Which channel had it.
        channel: u64,
        /// The pool of the prefix.
        from: u32,
        /// The prefix that is free again.
        prefix: Prefix,
    },
}

impl Outcome {
    pub(crate) fn to_event(self) -> sys::hmx_reassign {
        let answer = |d: Decision, to, result, prefix: Prefix| sys::hmx_reassign {
            decision: d.decision,
            channel: d.channel,
            cookie: d.cookie,
            from: d.from,
            to,
            result,
            extranonce_prefix_len: prefix.len(),
            extranonce_prefix: prefix.bytes,
            ..Default::default()
        };
        match self {
            Outcome::Applied(d, prefix) => answer(d, d.to, sys::HMX_RESULT_APPLIED, prefix),
            Outcome::Refused(d) => answer(d, d.from, sys::HMX_RESULT_REFUSED, Prefix::default()),
            Outcome::Failed(d, to, prefix) => answer(d, to, sys::HMX_RESULT_FAILED, prefix),
            Outcome::Forced { channel, cookie, from, to, prefix } => sys::hmx_reassign {
                channel,
                cookie,
                from,
                to,
                result: sys::HMX_RESULT_FORCED,
                extranonce_prefix_len: prefix.len(),
                extranonce_prefix: prefix.bytes,
                ..Default::default()
            },
            Outcome::Drained { channel, from, prefix } => sys::hmx_reassign {
                channel,
                from,
                result: sys::HMX_RESULT_DRAINED,
                extranonce_prefix_len: prefix.len(),
                extranonce_prefix: prefix.bytes,
                ..Default::default()
            },
        }
    }
}

/// A preset of the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TuningModel {
    /// Kp 1.0, Ki 0.1, Kd 0.05.
    Aggressive = sys::HMX_TUNING_AGGRESSIVE as isize,
    /// Kp 0.5, Ki 0.05, Kd 0.02.
    Balanced = sys::HMX_TUNING_BALANCED as isize,
    /// Kp 0.2, Ki 0.01, Kd 0.005.
    Conservative = sys::HMX_TUNING_CONSERVATIVE as isize,
    /// Kp 0.3.
    ProportionalOnly = sys::HMX_TUNING_PROPORTIONAL_ONLY as isize,
}

/// The totals: the fields of `hmx_snapshot`.
pub struct Snapshot(pub sys::hmx_snapshot);

impl std::ops::Deref for Snapshot {
    type Target = sys::hmx_snapshot;
    fn deref(&self) -> &sys::hmx_snapshot {
        &self.0
    }
}

// Safety: its only pointer, to the rows, was cleared.
unsafe impl Send for Snapshot {}
unsafe impl Sync for Snapshot {}

/// One pool: the fields of `hmx_upstream_metrics`.
pub struct UpstreamMetrics(pub sys::hmx_upstream_metrics);

impl std::ops::Deref for UpstreamMetrics {
    type Target = sys::hmx_upstream_metrics;
    fn deref(&self) -> &sys::hmx_upstream_metrics {
        &self.0
    }
}

impl UpstreamMetrics {
    /// As in the configuration.
    pub fn id(&self) -> String {
        text_of(&self.0.id)
    }
}
