/** Nothing: without a file of its own, Next takes the one of the repository around it. */
export function register(): void {}
