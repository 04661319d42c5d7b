/** As many bytes as the landing page, and nothing else: tells the weight of a page from the work on it. */
const PARAGRAPHS = Array.from({ length: 110 }, (_, index) => index);

export default function Page() {
  return (
    <main>
      {PARAGRAPHS.map((index) => (
        <p key={index}>
          Paragraph {index} of a static page that is as long as a landing page with its words, its pictures
          and the classes that dress them, and that does nothing but to be sent again and again, always the
          same.
        </p>
      ))}
    </main>
  );
}
