// SPDX-License-Identifier: MIT OR Apache-2.0

//! The plugin's memory comes from Rust's allocator.

use std::alloc::{alloc, dealloc, Layout};
use std::ffi::c_void;

/// A block, or null: out of memory, or a size and alignment that cannot be.
pub fn allocate(size: u64, align: u64) -> *mut c_void {
    match Layout::from_size_align(size as usize, align as usize) {
        // Safety: the size is not 0.
        Ok(layout) if layout.size() > 0 => unsafe { alloc(layout).cast() },
        _ => std::ptr::null_mut(),
    }
}

/// # Safety
/// The block came from `allocate` with the same size and alignment.
pub unsafe fn give_back(block: *mut c_void, size: u64, align: u64) {
    if let Ok(layout) = Layout::from_size_align(size as usize, align as usize) {
        // Safety: as promised by the caller.
        unsafe { dealloc(block.cast(), layout) };
    }
}
