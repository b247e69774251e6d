// SPDX-License-Identifier: MIT OR Apache-2.0
//
// overhead: what the safe wrapper costs per on_share, beside a direct call of the same hook through
// `sys` (which is what a host in C does). Two instances of one plugin, in turns, each with the same
// channels and shares; of each the median of the rounds, in processor time. Usage: overhead PATH/hashmux.so
#![warn(unsafe_op_in_unsafe_fn)]

use hashmux_host::*;
use std::ffi::{c_void, CString};
use std::mem::{size_of, transmute};
use std::os::raw::{c_char, c_int, c_long};

const CHANNELS: u64 = 1000;
const SHARES: u64 = 200_000;
const ROUNDS: usize = 41;
const START_NS: u64 = 1_000_000_000;
const CONFIG: &str = "[upstream.alpha]\naddress = a.example\nport = 3333\npercentage = 100\npriority = 1\n";

extern "C" {
    fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn aligned_alloc(align: usize, size: usize) -> *mut c_void;
    fn free(block: *mut c_void);
    fn clock() -> c_long;
}

unsafe extern "C" fn host_alloc(_: *mut c_void, size: u64, align: u64) -> *mut c_void {
    // Safety: the size is a multiple of the alignment, a power of two.
    unsafe { aligned_alloc(align.max(16) as usize, ((size + align - 1) / align * align) as usize) }
}

unsafe extern "C" fn host_free(_: *mut c_void, block: *mut c_void, _: u64, _: u64) {
    // Safety: it came from host_alloc.
    unsafe { free(block) }
}

fn event<T>(now_ns: u64, seq: &mut u64) -> sys::hmx_event {
    *seq += 1;
    sys::hmx_event { size: size_of::<T>() as u32, flags: 0, now_ns, seq: *seq }
}

/// A host that calls the hooks as they are.
struct Direct {
    ops: &'static sys::hmx_ops,
    raw: *mut sys::hmx_instance,
    seq: u64,
    cookies: Vec<u64>,
}

impl Direct {
    fn new(path: &str) -> Option<Direct> {
        let path = CString::new(path).ok()?;
        let mut direct;
        // Safety: the plugin was loaded by Plugin::load before; the contract's calls in its order.
        unsafe {
            let symbol = dlsym(dlopen(path.as_ptr(), 2), sys::HMX_ENTRY_SYMBOL.as_ptr().cast());
            let entry: unsafe extern "C" fn() -> *const sys::hmx_descriptor = transmute(symbol);
            let host: &'static sys::hmx_host = Box::leak(Box::new(sys::hmx_host {
                size: size_of::<sys::hmx_host>() as u32,
                abi_major: sys::HMX_ABI_MAJOR,
                caps: u64::from(sys::HMX_CAP_REASSIGN | sys::HMX_CAP_SHARE_WORK),
                alloc: Some(host_alloc),
                free: Some(host_free),
                ..Default::default()
            }));
            let config_text = sys::hmx_view { data: CONFIG.as_ptr().cast(), len: CONFIG.len() as u64 };
            let args = sys::hmx_create_args {
                size: size_of::<sys::hmx_create_args>() as u32,
                now_ns: START_NS,
                config_text,
                ..Default::default()
            };
            direct = Direct { ops: &*(*entry()).ops, raw: std::ptr::null_mut(), seq: 0, cookies: Vec::new() };
            if (direct.ops.create?)(host, &args, &mut direct.raw) < 0 {
                return None;
            }
            let up = sys::hmx_upstream_event {
                event: event::<sys::hmx_upstream_event>(START_NS, &mut direct.seq),
                upstream: 1,
                state: sys::HMX_UPSTREAM_UP,
                has_job: sys::HMX_YES,
                ..Default::default()
            };
            (direct.ops.on_upstream?)(direct.raw, &up);
            for channel in 1..=CHANNELS {
                let open = sys::hmx_channel_open {
                    event: event::<sys::hmx_channel_open>(START_NS, &mut direct.seq),
                    channel,
                    connection: channel,
                    kind: sys::HMX_CHANNEL_STANDARD,
                    nominal_hashrate: 100e12,
                    ..Default::default()
                };
                let mut answer = sys::hmx_channel_decision {
                    size: size_of::<sys::hmx_channel_decision>() as u32,
                    ..Default::default()
                };
                (direct.ops.on_channel_open?)(direct.raw, &open, &mut answer);
                direct.cookies.push(answer.cookie);
            }
        }
        Some(direct)
    }

    fn round(&mut self, now_ns: u64) -> i32 {
        let mut status = 0;
        for i in 0..SHARES {
            let channel = i % CHANNELS;
            let share = sys::hmx_share {
                event: event::<sys::hmx_share>(now_ns + i, &mut self.seq),
                channel: channel + 1,
                cookie: self.cookies[channel as usize],
                upstream: 1,
                verdict: sys::HMX_SHARE_ACCEPTED,
                count: 1,
                pad0: 0,
                work: 232831.0,
                credit: 0.0,
            };
            if let Some(hook) = self.ops.on_share {
                // Safety: the event lives through the call.
                status |= unsafe { hook(self.raw, &share) };
            }
        }
        status
    }
}

fn safe(path: &str) -> Result<(Instance, Vec<u64>)> {
    // Safety: whoever starts this names a plugin that they trust.
    let plugin = unsafe { Plugin::load(path, Caps::REASSIGN | Caps::SHARE_WORK)? };
    let options = Options { config_text: CONFIG.into(), ..Options::default() };
    let mut mux = Instance::create(&plugin, options, START_NS)?;
    mux.on_upstream(START_NS, 1, &UpstreamState { has_job: Some(true), ..UpstreamState::new(Connection::Up) })?;
    let mut cookies = Vec::new();
    for channel in 1..=CHANNELS {
        let open = ChannelOpen { nominal_hashrate: 100e12, ..ChannelOpen::new(channel, channel) };
        cookies.push(mux.on_channel_open(START_NS, &open)?.cookie);
    }
    Ok((mux, cookies))
}

fn round(mux: &mut Instance, cookies: &[u64], now_ns: u64) -> Result<()> {
    for i in 0..SHARES {
        let channel = i % CHANNELS;
        let share = Share {
            channel: channel + 1,
            cookie: cookies[channel as usize],
            upstream: 1,
            verdict: Verdict::Accepted,
            count: 1,
            work: 232831.0,
            credit: 0.0,
            local: false,
        };
        mux.on_share(now_ns + i, &share)?;
    }
    Ok(())
}

/// Processor time of this process in ns: a busy machine does not change it.
fn cpu_ns() -> f64 {
    // Safety: clock takes nothing; it counts microseconds (POSIX).
    unsafe { clock() as f64 * 1000.0 }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: overhead PATH/hashmux.so")?;
    let (mut mux, cookies) = safe(&path)?;
    let mut direct = Direct::new(&path).ok_or("the direct host was refused")?;
    let (mut wrapped, mut called, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..ROUNDS as u64 {
        let now_ns = START_NS + n * SHARES;
        let begin = cpu_ns();
        if direct.round(now_ns) != 0 {
            return Err("a direct on_share was refused".into());
        }
        called.push((cpu_ns() - begin) / SHARES as f64);
        let begin = cpu_ns();
        round(&mut mux, &cookies, now_ns)?;
        wrapped.push((cpu_ns() - begin) / SHARES as f64);
        ratios.push(wrapped[n as usize] / called[n as usize]);
    }
    println!("direct call {:.1} ns", median(called));
    println!("safe wrapper {:.1} ns", median(wrapped));
    println!("ratio of neighbouring rounds {:.2}", median(ratios));
    Ok(())
}
