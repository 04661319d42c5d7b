export default function Page() {
  return <p>A bare static page.</p>;
}
