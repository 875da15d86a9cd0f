/**
 * Where the processor is emulated (test level vm), everything takes longer: 1 on a host, else the factor of SEGW_TEST_PATIENCE. It lengthens
 * only limits after which a test gives up, and timers of the product that a test sets itself.
 */
const patience = Number(process.env['SEGW_TEST_PATIENCE'] ?? '1');

/** A duration of milliseconds, as long as it has to be here. */
export function patient(milliseconds: number): number {
  return milliseconds * patience;
}
