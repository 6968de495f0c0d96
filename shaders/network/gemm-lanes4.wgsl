// gemm.wgsl where four invocations load together: its text with lanes4.wgsl in the place of lanes1.wgsl.
#import gemm, lanes4
